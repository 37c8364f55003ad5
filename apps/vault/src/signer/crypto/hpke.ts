/** Sealed intake opens with what the unsealer and the warden use as well. */
export { createRecipient, HpkeError, hpkeOpen, type Recipient } from '../../crypto/hpke.ts';
