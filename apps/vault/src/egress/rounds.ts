/**
 * Joins the rounds of a simulated exchange's clock: a round is over for the vault when every stream that is open has said it,
 * so that everything before it has been handed on.
 *
 *   R1  A round is said after all that any open stream had to say before it.
 *   R2  The exchange repeats a round that is not acknowledged; it is then said again, once per repetition.
 */
interface Said {
  n: number;
  time: number;
  /** Said since the last round was handed on. */
  isNew: boolean;
}

export interface Rounds {
  open(stream: string): void;
  close(stream: string): void;
  say(stream: string, n: number, time: number): void;
}

export function createRounds(onRound: (n: number, time: number) => void): Rounds {
  const streams = new Map<string, Said>();

  const join = (): void => {
    const all = [...streams.values()];
    if (all.length === 0 || !all.every(({ isNew }) => isNew)) return;
    const lowest = all.reduce((least, said) => (said.n < least.n ? said : least));
    const { n, time } = lowest;
    for (const said of all) if (said.n === n) said.isNew = false;
    onRound(n, time);
  };

  return {
    open: (stream) => void streams.set(stream, { n: -1, time: 0, isNew: false }),
    close: (stream) => {
      if (streams.delete(stream)) join();
    },
    say: (stream, n, time) => {
      if (!streams.has(stream)) return;
      streams.set(stream, { n, time, isNew: true });
      join();
    },
  };
}

/** Number and time of a sync message of the simulated exchange, or undefined when it is something else. */
export function roundOf(message: Readonly<Record<string, unknown>>): { readonly n: number; readonly time: number } | undefined {
  if (message.e !== 'holdfastSync') return undefined;
  const n = Number(message.n);
  const time = Number(message.E);
  return Number.isSafeInteger(n) && n >= 0 && Number.isSafeInteger(time) && time >= 0 ? { n, time } : undefined;
}
