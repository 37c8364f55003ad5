/** Why candles cannot be used. The message names file and row, and what to do. */
export type DataErrorCode =
  | 'data-malformed'
  | 'data-not-ascending'
  | 'data-conflict'
  | 'data-mixed-timeframes'
  | 'data-empty'
  | 'data-too-large'
  | 'data-unreadable'
  | 'data-unknown-format'
  | 'data-corrupt'
  | 'data-newer'
  | 'data-missing';

export class DataError extends Error {
  override readonly name = 'DataError';
  readonly code: DataErrorCode;
  constructor(code: DataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
