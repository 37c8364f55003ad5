/**
 * What was said once, for as long as its time may count as fresh, whichever way the clock is set meanwhile.
 *
 *   N1  What was remembered is found again, or its time is refused: a clock that is set ahead and back again makes nothing new.
 *   N2  Only what lies in the past is forgotten, so a clock that was ahead for a while refuses nothing afterwards.
 */

export interface Once<Value> {
  /** The value that was remembered. */
  find(id: string): Value | undefined;
  remember(id: string, at: number, value: Value): void;
  /** Whether something of this time may have been forgotten. */
  isForgotten(at: number): boolean;
  /** To be called with each request, before the others. */
  turn(now: number): void;
}

/** `freshMs`: how far the time of what is said may lie from the clock. All times are unix ms. */
export function createOnce<Value>(freshMs: number, startedAt: number): Once<Value> {
  const said = new Map<string, { readonly at: number; readonly value: Value }>();
  let forgottenTo = Number.NEGATIVE_INFINITY;
  let turnedAt = startedAt;
  return {
    find: (id) => said.get(id)?.value,
    remember: (id, at, value) => void said.set(id, { at, value }),
    isForgotten: (at) => at <= forgottenTo,
    turn: (now) => {
      if (Math.abs(now - turnedAt) <= 2 * freshMs) return;
      turnedAt = now;
      for (const [id, { at }] of said) {
        if (at >= now - freshMs) continue;
        said.delete(id);
        forgottenTo = Math.max(forgottenTo, at);
      }
    },
  };
}
