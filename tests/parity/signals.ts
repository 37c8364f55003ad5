/** What a signal asks, written as it crosses from the listener to the engine: the inverse of `readAsk`. */
import type { AskText } from '@holdfast/contracts';
import { formatAmount, type SignalAsk } from '@holdfast/domain';

export const askText = (ask: SignalAsk): AskText =>
  JSON.parse(
    JSON.stringify(ask, (_name, value: unknown) => (typeof value === 'bigint' ? formatAmount(value) : value)),
  ) as AskText;
