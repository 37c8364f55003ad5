/** Where the tape waits to be let go: from its start, and at times that are named; orders and rounds go on meanwhile. */
export interface Hold {
  isHeld(): boolean;
  /** Exchange time at which it waits next, after all ticks of that time; undefined: nowhere. */
  nextAt(): number | undefined;
  /** The time has come. */
  begin(): void;
  /** Lets time go, until the time that is named. */
  release(until?: number): void;
}

export function makeHold(isHeld: boolean): Hold {
  let held = isHeld;
  let at: number | undefined;
  return {
    isHeld: () => held,
    nextAt: () => at,
    begin(): void {
      held = true;
      at = undefined;
    },
    release(until): void {
      held = false;
      at = until;
    },
  };
}
