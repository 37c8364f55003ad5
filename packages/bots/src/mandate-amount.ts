import { type Amount, type Rounding, roundTo } from '@holdfast/domain';

/** An amount as a mandate may have it: at most 8 decimals. */
export const mandateAmount = (value: bigint, rounding: Rounding): Amount => roundTo(value, 10n ** 10n, rounding);
