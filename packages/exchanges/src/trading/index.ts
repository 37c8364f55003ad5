/** The trading side of the Binance dialect: builds and reads, sends nothing. Only the vault's signer may import it. */
export {
  cancelRejected,
  type FinalState,
  type OrderState,
  type Outcome,
  orderDoesNotExist,
  readAccount,
  readAccountUid,
  readCancelled,
  readMyTrades,
  readOpenOrders,
  readOrder,
  readOutcome,
  readPlaced,
  readSide,
  type TradeReport,
} from './answers.ts';
export {
  buildAccount,
  buildApiRestrictions,
  buildCancel,
  buildMyTrades,
  buildOpenOrders,
  buildPlace,
  buildQuery,
  buildQueryById,
  buildUserStreamSubscribe,
  myTradesMax,
  userStreamPath,
} from './requests.ts';
export { readKeyFacts, restrictionsFault, wideningFault } from './restrictions.ts';
export { type Credentials, recvWindowMs, type SignedRequest } from './signing.ts';
export { readStreamEvent, type StreamEvent } from './stream.ts';
export { MalformedReply, symbolOf } from './wire.ts';
