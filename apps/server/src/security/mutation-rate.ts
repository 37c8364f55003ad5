/** Limits changes to what a person or a careful program makes, so that a loop gone wild does not fill the engine's journal. */
import { ApiFailure } from '../failure.ts';

const burst = 30;
const perSecond = 5;

/** A token bucket over all callers; `now` in ms, rising. The returned function @throws ApiFailure too-many-requests */
export function mutationRate(now: () => number): () => void {
  let left = burst;
  let at = now();
  return () => {
    const time = now();
    left = Math.min(burst, left + ((time - at) / 1000) * perSecond);
    at = time;
    if (left < 1) {
      const limit = `at most ${burst} changes at once and ${perSecond} a second are taken`;
      throw new ApiFailure(429, 'too-many-requests', `${limit}; wait a moment and send it again`);
    }
    left -= 1;
  };
}
