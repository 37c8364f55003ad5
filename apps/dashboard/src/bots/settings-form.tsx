import { NativeSelect, Switch, TextInput } from '@mantine/core';
import type { Field } from './settings-schema.ts';

interface SettingsFormProps {
  readonly fields: readonly Field[];
  readonly typed: Readonly<Record<string, string>>;
  readonly change: (name: string, value: string) => void;
  /** The field that the server refused, and why. */
  readonly refused: { readonly name: string; readonly reason: string } | undefined;
}

/** One input for each setting, as its schema says. */
export const SettingsForm = ({ fields, typed, change, refused }: SettingsFormProps) =>
  fields.map((field) => (
    <SettingInput
      key={field.name}
      field={field}
      value={typed[field.name] ?? field.initial}
      change={(value) => change(field.name, value)}
      error={refused?.name === field.name ? refused.reason : undefined}
    />
  ));

interface SettingInputProps {
  readonly field: Field;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly error: string | undefined;
}

function SettingInput({ field, value, change, error }: SettingInputProps) {
  const { type, title, description, unit, required, choices, pattern } = field;
  const shared = { label: title, description, error };
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
  return (
    <TextInput
      {...shared}
      required={required}
      inputMode={type === 'whole' ? 'numeric' : 'decimal'}
      pattern={type === 'whole' ? '[0-9]+' : pattern?.replace(/^\^|\$$/g, '')}
      title={rangeOf(field)}
      placeholder={rangeOf(field)}
      rightSection={unit === '' ? undefined : <span className="quiet unit">{unit}</span>}
      rightSectionWidth={unit.length > 2 ? 64 : 36}
      rightSectionPointerEvents="none"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function rangeOf({ least, most }: Field): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  return least !== undefined ? `from ${least}` : '';
}
