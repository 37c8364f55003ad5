/** Why the warden does not start (or goes on), as exit code and one line: what is the matter and what to do. */
export const exitCode = {
  usage: 64,
  corruptData: 65,
  portTaken: 69,
  internal: 70,
  cannotWrite: 73,
  alreadyRunning: 75,
  newerData: 76,
} as const;

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: number;
  constructor(code: keyof typeof exitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode[code];
  }
}
