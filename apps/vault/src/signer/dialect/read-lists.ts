/** What a sub-key reads of its own order lists, from the vault's own books. */
import { listDoesNotExist, outcomeUnknown, parameterError } from './dialect-error.ts';
import { isExecuting, type OwnList, type OwnOrders } from './own-orders.ts';
import { chosen, type Read } from './reads.ts';
import { listJson } from './show-lists.ts';
import type { DialectAct } from './table.ts';

const isSent = ({ legs }: OwnList): boolean => legs.some((it) => it.phase === 'sent');
const isShown = (list: OwnList): boolean => !isSent(list) && list.legs.every((it) => it.phase !== 'rejected');

export function createListReads(own: OwnOrders): Partial<Record<DialectAct, Read>> {
  return {
    'order-list': ({ grant, values }) => {
      const [id, client] = [values.get('orderListId'), values.get('origClientOrderId')];
      if (id === undefined && client === undefined) throw parameterError(-1102, 'orderListId or origClientOrderId is missing');
      const found = [...own.lists(grant.subKey)].find(
        (it) => (id === undefined || String(it.id) === id) && (client === undefined || it.clientOrderId === client),
      );
      // As with orders: until the exchange has said, it may exist.
      if (found !== undefined && isSent(found)) throw outcomeUnknown();
      if (found === undefined || !isShown(found)) throw listDoesNotExist();
      return listJson(found);
    },
    'open-lists': ({ grant }) => [...own.lists(grant.subKey)].filter((it) => isShown(it) && isExecuting(it)).map(listJson),
    'all-lists': ({ grant, values }) =>
      chosen([...own.lists(grant.subKey)].filter(isShown), values, 'fromId', ({ id, askedAt }) => [String(id), askedAt]).map(
        listJson,
      ),
  };
}
