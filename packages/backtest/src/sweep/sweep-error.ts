export type SweepErrorCode =
  | 'formula-malformed'
  | 'sweep-axis-malformed'
  | 'sweep-damaged'
  | 'sweep-data-changed'
  | 'sweep-not-done'
  | 'sweep-setting-unknown'
  | 'sweep-taken'
  | 'sweep-too-large'
  | 'sweep-unknown'
  | 'sweep-without-best'
  | 'walk-forward-too-short';

/** What is asked of a sweep cannot be done. The message names the text and what is wrong with it. */
export class SweepError extends Error {
  override readonly name = 'SweepError';
  readonly code: SweepErrorCode;
  constructor(code: SweepErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
