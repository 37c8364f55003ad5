/** Exit codes of every command, after sysexits.h where one fits. Listed in docs/errors.md. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 64,
  corruptData: 65,
  portTaken: 69,
  unreachable: 70,
  cannotWrite: 73,
  alreadyRunning: 75,
  dataNewer: 76,
  noRuntime: 78,
} as const;

/** An error for the person at the terminal: one line that says what is wrong and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: number;
  /** The server's own code, where it was the server that refused. */
  readonly refusal: string | undefined;
  constructor(code: number, message: string, options?: ErrorOptions & { readonly refusal?: string }) {
    super(message, options);
    this.code = code;
    this.refusal = options?.refusal;
  }
}
