import type { BotKind, CheckAnswer, CreateBot, ExportedBot, SuggestionAnswer } from '@holdfast/contracts';
import { Button, FileButton, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiFailure, send } from '../api/client.ts';
import { useBotKinds, useChange, usePairs, useStatus } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { Loaded } from '../parts/states.tsx';
import { CheckView, focusField, sortFaults } from './check-view.tsx';
import { SettingsForm } from './settings-form.tsx';
import { fieldsOf, settingsOf, typedOf } from './settings-schema.ts';

/** A form for a new bot, made from the schema of its kind. */
export function CreateBotButton() {
  const [opened, { open, close }] = useDisclosure(false);
  const kinds = useBotKinds(opened);
  return (
    <>
      <Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={open}>
        New bot
      </Button>
      <Modal opened={opened} onClose={close} size="xl" title="New bot" closeButtonProps={{ 'aria-label': 'Close' }}>
        <Loaded query={kinds}>{({ kinds: known }) => <CreateBotForm kinds={known} close={close} />}</Loaded>
      </Modal>
    </>
  );
}

/** What the mandate allows, then what is followed besides; the vault would refuse the latter, and says so. */
function useTradablePairs(): string[] {
  const followed = usePairs().data?.pairs.map(({ pair }) => pair) ?? [];
  const allowed = useStatus().data?.vault.accounts.flatMap(({ mandate }) => mandate?.pairs.map(({ pair }) => pair) ?? []) ?? [];
  return [...new Set([...allowed, ...followed])];
}

interface Chosen {
  readonly kind: string;
  readonly pair: string;
  readonly further: string;
  readonly name: string;
}

interface CreateBotFormProps {
  readonly kinds: readonly BotKind[];
  readonly close: () => void;
}

const splitPairs = (text: string): string[] =>
  text
    .toUpperCase()
    .split(/[,;\s]+/)
    .filter((each) => each !== '');

function CreateBotForm({ kinds, close }: CreateBotFormProps) {
  const tradable = useTradablePairs();
  const [chosen, setChosen] = useState<Chosen>({ kind: kinds[0]?.kind ?? '', pair: '', further: '', name: '' });
  const [typedByKind, setTyped] = useState<Readonly<Record<string, Readonly<Record<string, string>>>>>({});
  const create = useChange('/api/bots');
  const check = useMutation({ mutationFn: (body: object) => send<CheckAnswer>('/api/bots/check', body), networkMode: 'always' });
  const [fileFault, setFileFault] = useState('');
  const kind = kinds.find((one) => one.kind === chosen.kind);
  if (kind === undefined) return <p>The server knows no kind of bot.</p>;
  const fields = fieldsOf(kind.schema);
  const typed = typedByKind[kind.kind] ?? {};
  const pair = chosen.pair || (tradable[0] ?? '');
  const pairs = kind.pairs === 'settings' ? [] : [pair, ...(kind.pairs === 'several' ? splitPairs(chosen.further) : [])];
  const fill = (of: string, settings: Readonly<Record<string, unknown>>) =>
    setTyped((before) => ({ ...before, [of]: { ...before[of], ...typedOf(settings) } }));
  const change = (next: Partial<Chosen>) => {
    setChosen({ ...chosen, ...next });
    check.reset();
    create.reset();
  };
  const wanted = {
    kind: kind.kind,
    ...(pairs.length === 1 ? { pair: pairs[0] } : pairs.length === 0 ? {} : { pairs }),
    settings: settingsOf(fields, typed),
  };
  /** All faults at once, before anything is made. */
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    create.reset();
    const answer = await check.mutateAsync(wanted).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.faults.length > 0) return focusField(form, answer.faults[0]?.field?.split('.')[0] ?? '');
    const name = chosen.name.trim();
    create.mutate({ ...wanted, ...(name === '' ? {} : { name }) } satisfies CreateBot, { onSuccess: close });
  };
  const takeFile = async (file: File | null) => {
    if (file === null) return;
    const read = readFile(await file.text(), kinds);
    if (typeof read === 'string') return setFileFault(read);
    setFileFault('');
    const [first = '', ...further] = read.pairs;
    change({ kind: read.kind, pair: first, further: further.join(', '), name: read.name.slice(0, 80) });
    fill(read.kind, read.settings);
  };
  const { byField, others } = sortFaults(
    check.data,
    fields.map(({ name }) => name),
  );
  const refused = create.error ?? check.error;
  return (
    <form onSubmit={submit} noValidate data-testid="create-bot">
      <p className="quiet modal-note">{kind.description}</p>
      <div className="form">
        <NativeSelect
          label="Kind"
          data={kinds.map((one) => ({ value: one.kind, label: one.title }))}
          value={chosen.kind}
          onChange={({ currentTarget }) => change({ kind: currentTarget.value })}
        />
        {kind.pairs === 'settings' ? null : (
          <NativeSelect
            label="Pair"
            data={tradable.includes(pair) ? tradable : [pair, ...tradable]}
            value={pair}
            onChange={({ currentTarget }) => change({ pair: currentTarget.value })}
          />
        )}
        {kind.pairs === 'several' ? (
          <TextInput
            label="Further pairs"
            description="Traded beside it by the same settings, with commas between them."
            placeholder="none"
            value={chosen.further}
            onChange={({ currentTarget }) => change({ further: currentTarget.value })}
          />
        ) : null}
        <TextInput
          label="Name"
          placeholder="made from kind and pair when left empty"
          maxLength={80}
          value={chosen.name}
          onChange={({ currentTarget }) => setChosen({ ...chosen, name: currentTarget.value })}
        />
        <div className="wide form-tools">
          {kind.kind === 'grid' ? <SuggestGrid pair={pair} take={(settings) => fill('grid', settings)} /> : null}
          <FileButton onChange={(file) => void takeFile(file)} accept="application/json,.json">
            {(props) => (
              <Button {...props} size="compact-sm" variant="default">
                From a file
              </Button>
            )}
          </FileButton>
          <span className="form-error" role="alert">
            {fileFault}
          </span>
        </div>
        <SettingsForm
          fields={fields}
          typed={typed}
          change={(name, value) => {
            setTyped((before) => ({ ...before, [kind.kind]: { ...before[kind.kind], [name]: value } }));
          }}
          faults={byField}
        />
      </div>
      {check.data === undefined ? null : (
        <CheckView
          answer={check.data}
          others={others}
          byField={byField}
          titleOf={(name) => fields.find((field) => field.name === name)?.title ?? name}
        />
      )}
      <p className="form-error" role="alert">
        {refused instanceof ApiFailure ? refused.message : null}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button variant="default" loading={check.isPending} onClick={() => check.mutate(wanted)}>
          Check
        </Button>
        <Button type="submit" loading={create.isPending}>
          Create and start
        </Button>
      </div>
    </form>
  );
}

interface SuggestGridProps {
  readonly pair: string;
  readonly take: (settings: Readonly<Record<string, unknown>>) => void;
}

function SuggestGrid({ pair, take }: SuggestGridProps) {
  const suggest = useMutation({
    mutationFn: () => send<SuggestionAnswer>('/api/bots/suggest-grid', { pair }),
    onSuccess: ({ settings }) => take(settings),
    networkMode: 'always',
  });
  const made = suggest.data;
  return (
    <>
      <Button size="compact-sm" variant="default" loading={suggest.isPending} onClick={() => suggest.mutate()}>
        Suggest range and lines
      </Button>
      <span className="quiet" role="status">
        {suggest.error !== null
          ? suggest.error.message
          : made === undefined
            ? ''
            : `From ${made.candles.count} candles of an hour: an hour moves ${made.meanMovePercent} %, lines are ${made.stepPercent} % apart. ${tried(made)}`}
      </span>
    </>
  );
}

/** The range was made from the days that it is tried on: that has to be said with the figure. */
const tried = ({ backtest, backtestMissing, funds }: SuggestionAnswer): string =>
  backtest === null
    ? `Not tried on the past: ${backtestMissing}`
    : `On the same days ${funds} would have made ${backtest.roundTrips} round trips and ${backtest.profit} in all (${backtest.profitPercent.toFixed(2)} %) while the price went ${backtest.pricePercent.toFixed(2)} %; days that it was not made from will be worse.`;

/** The bot of a file, or what is wrong with the file. */
function readFile(text: string, kinds: readonly BotKind[]): ExportedBot | string {
  try {
    const read = JSON.parse(text) as Partial<ExportedBot>;
    if (read.holdfastBot !== 1) return 'The file is not a bot of this version, as "Export" writes it.';
    const { kind = '', name = '', pairs = [], settings = {}, funds = {} } = read;
    const known = kinds.find((each) => each.kind === kind);
    if (known === undefined) return `There is no kind of bot "${kind}".`;
    const properties = (known.schema.properties ?? {}) as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(settings).filter((field) => !(field in properties));
    if (unknown.length > 0) return `A ${kind} bot has no setting ${unknown.join(', ')}.`;
    return { holdfastBot: 1, kind, name, pairs, settings, funds };
  } catch {
    return 'The file is not JSON.';
  }
}
