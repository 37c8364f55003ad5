/** The directions of a deal (`orders/direction.ts`), and what of a DCA bot's state goes by them. */
import type { Amount } from '@holdfast/domain';
import type { Way } from '../orders/direction.ts';
import type { DcaState } from './state.ts';

export * from '../orders/direction.ts';

/** What the sub-book has of the asset that deals give. */
export const givenOf = ({ gives }: Way, { quote, base }: Pick<DcaState, 'quote' | 'base'>): Amount =>
  gives === 'quote' ? quote : base;
