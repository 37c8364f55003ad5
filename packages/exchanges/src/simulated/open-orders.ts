/** Orders that are open, and the lists that some of them belong to, by every name that they are asked for. */
import type { Pair } from '@holdfast/domain';
import { isOpen, type Mutable } from './orders.ts';
import type { Order, OrderList, UserId } from './port.ts';

export type OpenOrder = Mutable<Order>;
export type OpenList = Mutable<OrderList>;

const key = (userId: UserId, clientOrderId: string): string => `${userId} ${clientOrderId}`;
const nobodys: ReadonlySet<OpenOrder> = new Set();

export class OpenOrders {
  readonly lists = new Map<number, OpenList>();
  readonly #byId = new Map<number, OpenOrder>();
  readonly #byUser = new Map<UserId, Set<OpenOrder>>();
  readonly #byClientId = new Map<string, OpenOrder>();

  add(order: OpenOrder): void {
    this.#byId.set(order.orderId, order);
    this.#byClientId.set(key(order.userId, order.clientOrderId), order);
    const mine = this.#byUser.get(order.userId);
    if (mine === undefined) this.#byUser.set(order.userId, new Set([order]));
    else mine.add(order);
  }

  delete(order: OpenOrder): void {
    this.#byId.delete(order.orderId);
    this.#byUser.get(order.userId)?.delete(order);
    this.#byClientId.delete(key(order.userId, order.clientOrderId));
  }

  rename(order: OpenOrder, clientOrderId: string): void {
    this.#byClientId.delete(key(order.userId, order.clientOrderId));
    order.clientOrderId = clientOrderId;
    this.#byClientId.set(key(order.userId, clientOrderId), order);
  }

  byId(orderId: number): OpenOrder | undefined {
    return this.#byId.get(orderId);
  }

  byClientId(userId: UserId, clientOrderId: string): OpenOrder | undefined {
    return this.#byClientId.get(key(userId, clientOrderId));
  }

  of(userId: UserId): ReadonlySet<OpenOrder> {
    return this.#byUser.get(userId) ?? nobodys;
  }

  /** Oldest first. */
  mine(userId: UserId, pair: Pair | undefined): OpenOrder[] {
    const orders = [...this.of(userId)];
    return (pair === undefined ? orders : orders.filter((order) => order.pair === pair)).sort((a, b) => a.orderId - b.orderId);
  }

  /** By either name; by both, if both are given. */
  find(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): OpenOrder | undefined {
    const byClient = clientOrderId === undefined ? undefined : this.byClientId(userId, clientOrderId);
    const order = orderId === undefined ? byClient : this.byId(orderId);
    if (order === undefined || order.userId !== userId || order.pair !== pair) return undefined;
    return clientOrderId === undefined || order.clientOrderId === clientOrderId ? order : undefined;
  }

  listsOf(userId: UserId): OpenList[] {
    return [...this.lists.values()].filter((list) => list.userId === userId);
  }

  findList(userId: UserId, orderListId?: number, listClientOrderId?: string): OpenList | undefined {
    return this.listsOf(userId).find((list) =>
      orderListId === undefined ? list.listClientOrderId === listClientOrderId : list.orderListId === orderListId,
    );
  }

  /** The open orders of a list, without an OTO's working order. */
  legs(list: OpenList): OpenOrder[] {
    const legs: OpenOrder[] = [];
    for (const { orderId } of list.orders) {
      const order = this.byId(orderId);
      if (order !== undefined && isOpen(order) && orderId !== list.workingOrderId) legs.push(order);
    }
    return legs;
  }
}
