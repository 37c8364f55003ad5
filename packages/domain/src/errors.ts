/** A text or number that is not a value of the type asked for. Codes are listed in docs/errors.md. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  readonly code: string;
  constructor(code: string, value: string) {
    super(`${code}: ${JSON.stringify(value)}`);
    this.code = code;
  }
}

/** Something that cannot be, was. Nobody handles it: the process stops and start-up replays the journal. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(holds: boolean, name: string): asserts holds {
  if (!holds) throw new InvariantError(name);
}

/** Takes `never`: a new member of a union fails to compile where it is not handled. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
