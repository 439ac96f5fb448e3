// What perfgate changes of a script's options, and the summary it keeps beside the script's own.
import { randomSeed } from 'k6';
import order from './order.js';

randomSeed(order.seed * 100003 + __VU);

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
