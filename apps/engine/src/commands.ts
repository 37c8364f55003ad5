/** What people and programs ask of the engine: each command once by its id, answered after its commit. */
import type { Quotes, RulesByPair } from '@holdfast/bots';
import type { EngineCommand, EngineGridSuggestion, EngineStatus } from '@holdfast/contracts';
import { amount, type Pair, type PairRules, type Quote, quoteOf, type SubKeyId } from '@holdfast/domain';
import { readAct } from './acts.ts';
import type { Batch } from './batch.ts';
import { botOf, deleteBot, describeBot, editable, giveCommand } from './bot-commands.ts';
import { checkBot, suggestedGrid, tapeInterval } from './check.ts';
import { CommandError } from './command-error.ts';
import type { Comparison } from './comparison.ts';
import type { Desk } from './desk.ts';
import { editBot } from './edit-bot.ts';
import { fundBot } from './fund-bot.ts';
import type { Memory } from './memory.ts';
import { createBot, type Founding } from './new-bot.ts';
import { readPair } from './pairs.ts';
import { type EnginePorts, VaultRefusal } from './ports.ts';
import { type GiveCommand, hearSignal } from './signals.ts';
import { textOf } from './text-of.ts';

type Command<Name extends EngineCommand['command']> = Extract<EngineCommand, { command: Name }>;
export type EngineResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly reason: string } };

const dayMs = 86_400_000;

export interface CommandNeeds {
  readonly comparison: Comparison;
  status(): EngineStatus;
  /** Learns a pair's rules, its candles and its prices. @throws when the exchange does not answer */
  learn(of: Pair): Promise<void>;
  /** Stages what is only in memory. */
  flush(): void;
  /** A command may need a new pair's stream, and may have moved the bounds within which time may run on. */
  moved(): Promise<void>;
}

export class Commands {
  readonly #desk: Desk;
  readonly #memory: Memory;
  readonly #ports: EnginePorts;
  readonly #needs: CommandNeeds;
  readonly #founding: Founding;

  constructor(desk: Desk, needs: CommandNeeds) {
    this.#desk = desk;
    this.#memory = desk.memory;
    this.#ports = desk.ports;
    this.#needs = needs;
    this.#founding = {
      memory: desk.memory,
      vault: desk.ports.vault,
      newBotId: () => desk.ports.newBotId(),
      market: (pairs) => this.#market(pairs),
    };
  }

  async answer(command: EngineCommand): Promise<EngineResult> {
    const body = JSON.stringify(command);
    const before = await this.#ports.store.answered(command.id);
    if (before !== undefined) {
      if (before.body === body) return JSON.parse(before.answer) as EngineResult;
      return no('command-id-reused', `The id ${command.id} was used by another command; give each command an id of its own`);
    }
    const batch = this.#desk.batch();
    let answer: EngineResult;
    let after: () => Promise<void> = async () => {};
    try {
      const done = await this.#do(batch, command);
      answer = { ok: true, result: done.result };
      after = done.after ?? after;
    } catch (error) {
      if (!(error instanceof CommandError) && !(error instanceof VaultRefusal)) throw error;
      // A refusal changes nothing and is not remembered: the same may be asked again when its reason is gone.
      return no(error.code, error.message);
    }
    if (!batch.isEmpty) {
      batch.put('commands', { id: command.id, body, answer: JSON.stringify(answer), at: batch.at });
      this.#desk.stage(batch);
      await this.#desk.write();
    }
    await after();
    return answer;
  }

  async #do(batch: Batch, command: EngineCommand): Promise<{ readonly result: unknown; readonly after?: () => Promise<void> }> {
    switch (command.command) {
      case 'status':
        return { result: this.#needs.status() };
      case 'bot-list':
        return { result: [...this.#memory.bots.values()].map((bot) => describeBot(this.#memory, bot)) };
      case 'strategy-add':
        return { result: this.#memory.strategies.add(batch, command.source) };
      case 'guards-set':
        return { result: this.#memory.guards.set(batch, command.changes) };
      case 'guards-resume':
        return { result: this.#memory.guards.resume(batch) };
      case 'reconcile':
        // A difference that is seen twice with nothing in between is one.
        await this.#needs.comparison.compare(false);
        await this.#needs.comparison.compare(false);
        return { result: this.#needs.comparison.match };
      case 'backup':
        this.#needs.flush();
        await this.#desk.write();
        await this.#ports.store.backup(command.file);
        return { result: { file: command.file } };
      case 'bot-create':
        return this.#create(batch, command);
      case 'bot-fund':
        return this.#fund(batch, command);
      case 'bot-check':
        return { result: await checkBot(this.#founding, command) };
      case 'grid-suggest':
        return { result: await this.#suggest(command) };
      case 'signal':
        return this.#hear(batch, command);
      case 'deal-act':
        return this.#actOnDeal(batch, command);
      default:
        return this.#act(batch, command);
    }
  }

  async #create(batch: Batch, command: Command<'bot-create'>) {
    const bot = await createBot(this.#founding, batch, command);
    return { result: describeBot(this.#memory, bot), after: () => this.#needs.moved() };
  }

  async #fund(batch: Batch, { bot: id, funds }: Command<'bot-fund'>) {
    const bot = botOf(this.#memory, id);
    await fundBot(this.#founding, batch, bot, funds);
    return { result: describeBot(this.#memory, bot), after: () => this.#needs.moved() };
  }

  async #suggest({ pair: name, funds, days, feePercent }: Command<'grid-suggest'>): Promise<EngineGridSuggestion> {
    const of = readPair(name);
    const { rules } = await this.#marketOf(of);
    const candles = await this.#ports.market.candles(of, '1h', days * 24);
    const money = funds === undefined ? this.#memory.ledger.balance('owner', quoteOf(of)) : amount(funds);
    const { name: interval, ms: intervalMs } = tapeInterval(days);
    const tape = await this.#ports.market.candles(of, interval, Math.floor((days * dayMs) / intervalMs));
    return suggestedGrid(of, candles, { feePercent, funds: money, rules, tape, intervalMs });
  }

  /** Rules and prices of the pairs, read where they are not known yet. */
  async #market(pairs: readonly Pair[]): Promise<{ readonly rules: RulesByPair; readonly quotes: Quotes }> {
    const rules: Record<Pair, PairRules> = {};
    const quotes = new Map<Pair, Quote>();
    for (const of of pairs) {
      const known = await this.#marketOf(of);
      rules[of] = known.rules;
      quotes.set(of, known.quote);
    }
    return { rules, quotes };
  }

  async #marketOf(of: Pair): Promise<{ readonly rules: PairRules; readonly quote: Quote }> {
    try {
      if (!this.#memory.rules.has(of) || this.#memory.runtime.quote(of) === undefined) await this.#needs.learn(of);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError('exchange-unreachable', `The exchange does not say what ${of} is: ${textOf(error)}`);
    }
    const rules = this.#memory.rules.get(of);
    const quote = this.#memory.runtime.quote(of);
    if (rules === undefined || quote === undefined)
      throw new CommandError('pair-unpriced', `${of} has no price yet; try again soon`);
    return { rules, quote };
  }

  async #act(batch: Batch, { bot: id, action, pair: of, deal }: Command<'bot-action'>) {
    const bot = botOf(this.#memory, id);
    if (action === 'delete') {
      const subKey = deleteBot(this.#memory, batch, bot);
      return { result: { id, deleted: true }, after: () => this.#revoke(subKey) };
    }
    giveCommand(
      this.#memory,
      batch,
      bot,
      { name: action === 'start' ? 'resume' : action },
      of === undefined ? of : readPair(of),
      deal,
    );
    return { result: describeBot(this.#memory, bot), after: () => this.#needs.moved() };
  }

  async #actOnDeal(batch: Batch, { bot: id, act, pair: of, deal }: Command<'deal-act'>) {
    const bot = botOf(this.#memory, id);
    // The settings of a trade are those of its one deal, and it takes others while that goes on.
    if (act.name === 'edit' && bot.row.kind !== 'trade') {
      await editBot(this.#founding, batch, bot, act.settings);
      return { result: describeBot(this.#memory, bot), after: () => this.#needs.moved() };
    }
    const given = readAct(act, (settings) => editable(this.#memory, bot, settings));
    giveCommand(this.#memory, batch, bot, given, of === undefined ? of : readPair(of), deal);
    if (given.name === 'edit') bot.row.settings = JSON.stringify(given.settings);
    return { result: describeBot(this.#memory, bot), after: () => this.#needs.moved() };
  }

  #hear(batch: Batch, command: Command<'signal'>) {
    const give: GiveCommand = (bot, each, of, deal) => giveCommand(this.#memory, batch, bot, each, of, deal);
    return { result: hearSignal(this.#memory, batch, command, give), after: () => this.#needs.moved() };
  }

  async #revoke(subKey: SubKeyId | null): Promise<void> {
    if (subKey === null) return;
    try {
      await this.#ports.vault.revoke(subKey);
    } catch (error) {
      this.#ports.log('warning', `sub-key ${subKey} is not revoked: ${textOf(error)}`);
    }
  }
}

const no = (code: string, reason: string): EngineResult => ({ ok: false, error: { code, reason } });
