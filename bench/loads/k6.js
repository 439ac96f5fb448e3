import http from 'k6/http';

const rate = Number(__ENV.RATE || 0);
const vus = Number(__ENV.VUS);
const duration = `${__ENV.SECONDS}s`;

export const options = {
  discardResponseBodies: true,
  scenarios: {
    get: rate
      ? { executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration, preAllocatedVUs: vus, maxVUs: vus }
      : { executor: 'constant-vus', vus, duration },
  },
};

export default function () {
  http.get(__ENV.TARGET);
}
