/** The outside failed: a public market-data request that was not answered, was refused, or makes no sense. */
export class MarketDataError extends Error {
  override readonly name = 'MarketDataError';
  readonly code: 'market-data-unreachable' | 'market-data-refused' | 'market-data-malformed';
  constructor(code: MarketDataError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
