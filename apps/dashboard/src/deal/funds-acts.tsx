import type { BotDetail, OpenDeal } from '@holdfast/contracts';
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useChange } from '../api/queries.ts';

interface Input {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly unit: string;
}

interface ActFormProps {
  readonly label: string;
  readonly title: string;
  readonly path: string;
  readonly inputs: readonly Input[];
  /** From what was typed; empty fields are left out. */
  readonly body: (typed: Readonly<Record<string, string>>) => object;
}

/** A change that asks for numbers. A refusal stays with its sentence. */
export function ActForm({ label, title, ...form }: ActFormProps) {
  const [asked, setAsked] = useState(false);
  const close = () => setAsked(false);
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setAsked(true)}>
        {label}
      </Button>
      <Modal opened={asked} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': 'Close' }}>
        <Fields {...form} label={label} close={close} />
      </Modal>
    </>
  );
}

function Fields({ label, path, inputs, body, close }: Omit<ActFormProps, 'title'> & { readonly close: () => void }) {
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const change = useChange(path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = Object.entries(typed).filter(([, value]) => value.trim() !== '');
    change.mutate(body(Object.fromEntries(given.map(([name, value]) => [name, value.trim()]))), { onSuccess: close });
  };
  return (
    <form onSubmit={submit}>
      {inputs.map(({ name, label: title, hint, unit }) => (
        <TextInput
          key={name}
          label={title}
          description={hint}
          inputMode="decimal"
          rightSection={<span className="quiet unit">{unit}</span>}
          rightSectionWidth={unit.length > 2 ? 76 : 36}
          rightSectionPointerEvents="none"
          value={typed[name] ?? ''}
          onChange={({ currentTarget }) => setTyped({ ...typed, [name]: currentTarget.value })}
        />
      ))}
      <p className="form-error" role="alert">
        {change.error?.message}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
        <Button type="submit" loading={change.isPending}>
          {label}
        </Button>
      </div>
    </form>
  );
}

const price = { name: 'price', label: 'Price', hint: 'Rests there; at the market when left empty.', unit: 'quote' };
const percent = (name: string, label: string): Input => ({
  name,
  label,
  hint: 'As it is when left empty; 0 switches it off.',
  unit: '%',
});

/** Adding to, taking off and changing an open deal. */
export function FundsActs({ bot, deal }: { readonly bot: BotDetail; readonly deal: OpenDeal }) {
  const path = (act: string) => `/api/bots/${encodeURIComponent(bot.id)}/${act}`;
  if (!['dca', 'trade'].includes(bot.kind)) return null;
  const of = bot.openDeals.length > 1 ? { deal: deal.number } : {};
  return (
    <>
      <ActForm
        label="Add funds"
        title="Add funds to the deal"
        path={path('add-funds')}
        inputs={[{ name: 'quote', label: 'Amount', hint: 'Buys for so much more; a short deal sells.', unit: deal.quote }, price]}
        body={(typed) => ({ ...typed, ...of })}
      />
      {bot.kind === 'trade' ? (
        <ActForm
          label="Reduce"
          title="Take something off the position"
          path={path('reduce-funds')}
          inputs={[
            { name: 'quantity', label: 'Quantity', hint: 'Sells so much; a short trade buys it back.', unit: 'base' },
            price,
          ]}
          body={(typed) => typed}
        />
      ) : (
        <ActForm
          label="Edit deal"
          title="Change this deal alone"
          path={path('edit-deal')}
          inputs={[
            percent('takeProfitPercent', 'Take profit'),
            percent('trailingPercent', 'Trailing'),
            percent('stopLossPercent', 'Stop loss'),
            { name: 'averagingOrders', label: 'Averaging orders', hint: 'As it is when left empty.', unit: 'orders' },
          ]}
          body={({ averagingOrders, ...changes }) => ({
            changes: { ...changes, ...(averagingOrders === undefined ? {} : { averagingOrders: Number(averagingOrders) }) },
            ...of,
          })}
        />
      )}
    </>
  );
}
