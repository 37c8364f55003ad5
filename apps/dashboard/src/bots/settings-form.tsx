import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { type Field, isShown } from './settings-schema.ts';

/** What is wrong, by field. */
export type Faults = ReadonlyMap<string, string>;

interface SettingsFormProps {
  readonly fields: readonly Field[];
  readonly typed: Readonly<Record<string, string>>;
  readonly change: (name: string, value: string) => void;
  readonly faults: Faults;
}

/** One input for each setting that means something beside the others, as its schema says; how orders are carried out is folded away. */
export function SettingsForm({ fields, typed, change, faults }: SettingsFormProps) {
  const shown = fields.filter((field) => isShown(field, fields, typed));
  const inputs = (some: readonly Field[]) =>
    some.map((field) => (
      <SettingInput
        key={field.name}
        field={field}
        value={typed[field.name] ?? field.initial}
        change={(value) => change(field.name, value)}
        error={faults.get(field.name)}
      />
    ));
  const technical = shown.filter(({ isTechnical }) => isTechnical);
  const isAtFault = technical.some(({ name }) => faults.has(name));
  return (
    <>
      {inputs(shown.filter(({ isTechnical }) => !isTechnical))}
      {technical.length === 0 ? null : (
        <details className="wide further" open={isAtFault || undefined}>
          <summary>Fees, slippage and orders ({technical.length})</summary>
          <div className="form">{inputs(technical)}</div>
        </details>
      )}
    </>
  );
}

interface SettingInputProps {
  readonly field: Field;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly error: string | undefined;
}

function SettingInput({ field, value, change, error }: SettingInputProps) {
  const { name, type, title, description, unit, required, choices } = field;
  const shared = { label: title, description, error, name };
  if (type === 'choice')
    return (
      <NativeSelect
        {...shared}
        data={choices.map((choice) => ({ value: choice, label: choice.replaceAll('-', ' ') }))}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
      />
    );
  if (type === 'flag')
    return <Switch {...shared} checked={value === 'true'} onChange={(event) => change(String(event.currentTarget.checked))} />;
  if (type === 'list')
    return (
      <div className="wide">
        <Textarea
          {...shared}
          required={required}
          autosize
          minRows={1}
          placeholder="none"
          value={value}
          onChange={(event) => change(event.currentTarget.value)}
        />
      </div>
    );
  return (
    <TextInput
      {...shared}
      required={required}
      inputMode={type === 'whole' ? 'numeric' : isNumber(field) ? 'decimal' : 'text'}
      title={rangeOf(field)}
      placeholder={rangeOf(field)}
      rightSection={unit === '' ? undefined : <span className="quiet unit">{unit}</span>}
      rightSectionWidth={unit.length > 9 ? 104 : unit.length > 2 ? 76 : 36}
      rightSectionPointerEvents="none"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

/** Texts without limits, such as a schedule, are words. */
const isNumber = ({ least }: Field): boolean => least !== undefined;

function rangeOf({ least, most }: Field): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  return least !== undefined ? `from ${least}` : '';
}
