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
  readCancelledOco,
  readMyTrades,
  readOpenOrders,
  readOrder,
  readOutcome,
  readPlaced,
  readPlacedOco,
  readSide,
  type TradeReport,
} from './answers.ts';
export {
  buildAccount,
  buildApiRestrictions,
  buildCancel,
  buildCancelOco,
  buildMyTrades,
  buildOpenOrders,
  buildPlace,
  buildPlaceOco,
  buildQuery,
  buildQueryById,
  buildUserStreamSubscribe,
  myTradesMax,
  type OcoIds,
  userStreamPath,
} from './requests.ts';
export { readKeyFacts, restrictionsFault, wideningFault } from './restrictions.ts';
export { type Credentials, recvWindowMs, type SignedRequest } from './signing.ts';
export { readStreamEvent, type StreamEvent } from './stream.ts';
export { MalformedReply, symbolOf } from './wire.ts';
