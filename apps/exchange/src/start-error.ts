/** Why the exchange does not start: one line for the person, an exit code for the supervisor. */
export type StartErrorCode = 'usage' | 'corrupt' | 'port-taken' | 'unwritable' | 'running' | 'newer' | 'unreachable';

const exitCodes: Readonly<Record<StartErrorCode, number>> = {
  usage: 64,
  corrupt: 65,
  'port-taken': 69,
  unwritable: 73,
  running: 75,
  newer: 76,
  unreachable: 68,
};

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;
  readonly exitCode: number;
  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCodes[code];
  }
}
