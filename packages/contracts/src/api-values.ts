/** Values that many schemas of the API are made of. */
import { z } from 'zod';

const decimalPattern = /^-?\d{1,30}(\.\d{1,18})?$/;

/** A plain decimal, at most 18 places. */
export const decimal = z.string().regex(decimalPattern, 'must be a plain decimal such as "0.015"');
/** A plain decimal above zero. */
export const positiveDecimal = decimal.refine((text) => !text.startsWith('-') && /[1-9]/.test(text), 'must be above 0');
/** Unix time, ms. */
export const time = z.int().min(0);
export const pairName = z.string().regex(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/, 'must be BASE/QUOTE such as BTC/USDT');
/** As somebody types them who makes a bot: the engine names what is malformed in them together with all other faults. */
export const typedPair = z.string().max(60).meta({ description: 'BASE/QUOTE such as BTC/USDT' });
export const typedFunds = z
  .record(z.string().max(60), z.string().max(60))
  .meta({ description: 'Asset to amount, a plain decimal above 0 such as "250"' });
export const assetName = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must be an asset such as BTC');
export const botId = z.string().regex(/^[a-z0-9]{1,12}$/, 'must be a bot id as `holdfast bot list` shows it');
export const side = z.enum(['buy', 'sell']);
