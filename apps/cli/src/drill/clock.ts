/** A clock that moves when told, running what falls due on the way. Both machine and exchange of a drill go by it. */
export interface DrillClock {
  /** Unix ms. */
  readonly now: () => number;
  readonly after: (ms: number, act: () => void) => void;
  /** Moves on by `ms`; what falls due runs at its time, with everything that follows from it. */
  pass(ms: number): Promise<void>;
}

/** Lets everything run that can run without the clock. */
export async function settle(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((done) => setImmediate(done));
}

export function drillClock(start: number): DrillClock {
  let now = start;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  return {
    now: () => now,
    after: (ms, act) => void timers.push({ at: now + Math.max(0, ms), act }),
    pass: async (ms) => {
      const until = now + ms;
      for (;;) {
        await settle(1);
        const due = timers.filter((it) => it.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((it) => it !== due);
        now = Math.max(now, due.at);
        due.act();
      }
      now = until;
    },
  };
}
