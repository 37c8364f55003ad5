/** A command that is refused; nothing was done. The reason is one sentence for people. Codes: docs/errors.md. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}
