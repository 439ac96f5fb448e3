// How long Artillery's users go on: as long as this says there is more.
const end = Date.now() + Number(process.env.BENCH_SECONDS) * 1000;

module.exports = { more: (context, next) => next(Date.now() < end) };
