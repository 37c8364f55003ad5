/** OCOs of the dialect: placed as one intent through the same judge as at the intent door, cancelled by either leg. */
import { clientOrderId, legsOf, type PlaceOco, type Verdict } from '@holdfast/domain';
import type { GrantState } from '../state.ts';
import { outcomeUnknown, parameterError, refusalError, unknownList } from './dialect-error.ts';
import { type OcoRequest, readOco, readOldOco } from './oco-request.ts';
import { isOpen, type OwnList } from './own-orders.ts';
import type { Values } from './read-request.ts';
import type { Json } from './show.ts';
import { placedListJson } from './show-lists.ts';
import { newId, pairOf, type Trading, type TradingPorts } from './trading.ts';

export interface ListTrading {
  place(grant: GrantState, values: Values, spelling: 'place-oco' | 'place-old-oco'): Promise<Json>;
  cancel(grant: GrantState, values: Values): Promise<Json>;
}

export function createListTrading(ports: TradingPorts, { settled, withdraw }: Trading): ListTrading {
  const { own, accountOf } = ports;

  const intentOf = (grant: GrantState, request: OcoRequest): PlaceOco => {
    const { symbol, side, quantity, limitLeg, stopLeg } = request;
    const pair = pairOf(symbol, grant, accountOf(grant));
    const [id, limitId, stopId] = [request, limitLeg, stopLeg].map((it) => clientOrderId(it.clientOrderId ?? newId()));
    if (new Set([id, limitId, stopId]).size < 3)
      throw parameterError(-1100, 'the client order ids of an order list and of its orders must differ');
    return {
      kind: 'place-oco',
      clientOrderId: id!,
      pair,
      side,
      quantity,
      limitLeg: { clientOrderId: limitId!, limit: limitLeg.limit },
      stopLeg: { clientOrderId: stopId!, trigger: stopLeg.trigger, limit: stopLeg.limit },
    };
  };

  return {
    place: async (grant, values, spelling) => {
      const request = spelling === 'place-oco' ? readOco(values) : readOldOco(values);
      const intent = intentOf(grant, request);
      const verdict = await new Promise<Verdict>((resolve) => ports.place(grant, intent, resolve));
      if (verdict.kind === 'refused') throw refusalError(verdict.code, verdict.reason, intent.side);
      const list = own.find(grant.subKey, legsOf(intent).stop.clientOrderId)?.list;
      if (list === undefined || list === null) throw outcomeUnknown();
      for (const leg of list.legs) await settled(leg);
      return placedListJson(list, own.trades(grant.subKey), request.answer);
    },
    cancel: async (grant, values) => {
      const [id, client] = [values.get('orderListId'), values.get('listClientOrderId')];
      if (id === undefined && client === undefined) throw parameterError(-1102, 'orderListId or listClientOrderId is missing');
      const pair = pairOf(values.get('symbol') ?? '', grant, accountOf(grant));
      const isMeant = (it: OwnList): boolean =>
        it.pair === pair && (id === undefined || String(it.id) === id) && (client === undefined || it.clientOrderId === client);
      const leg = [...own.lists(grant.subKey)].find(isMeant)?.legs.find(isOpen);
      if (leg === undefined) throw unknownList();
      return withdraw(grant, leg, values.get('newClientOrderId') ?? newId());
    },
  };
}
