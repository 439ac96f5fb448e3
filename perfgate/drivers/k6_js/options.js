// What perfgate changes of a script's options, and the summary it keeps beside the script's own.
import { randomSeed } from 'k6';
import order from './order.js';

// k6 forgets the seed when a virtual user begins its iterations, so the first number asked for there sets it again.
if (order.seed !== null) {
  const seed = order.seed * 100003 + __VU;
  const random = Math.random;
  randomSeed(seed);
  Math.random = () => {
    if (typeof __ITER !== 'undefined') {
      Math.random = random;
      randomSeed(seed);
    }
    return random();
  };
}

export function ordered(own) {
  const options = Object.assign({}, own || {});
  for (const name of order.drop) delete options[name];
  return Object.assign(options, order.options);
}

export function summarized(data, own) {
  const kept = { summary: data, own: 'none' };
  let results = {};
  if (typeof own === 'function') {
    try {
      results = own(data) || {};
      kept.own = 'ran';
    } catch (error) {
      kept.own = String(error);
    }
    if (!order.files) {
      kept.left = Object.keys(results).filter((name) => name !== 'stdout' && name !== 'stderr');
      for (const name of kept.left) delete results[name];
    }
  }
  return Object.assign({}, results, { [order.summary]: JSON.stringify(kept) });
}
