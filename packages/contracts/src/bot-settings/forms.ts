/** What values the settings of a kind of bot take, for programs that vary them. */
import { z } from 'zod';

interface JsonField {
  readonly type?: string;
  readonly enum?: readonly unknown[];
}

export type SettingForm = 'decimal' | 'whole' | 'flag' | 'choice';

/** By name of a setting; undefined where there is none of that name, or where it is a list. */
export function settingForms(schema: z.ZodType): (name: string) => SettingForm | undefined {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { readonly properties?: object };
  const fields = (json.properties ?? {}) as Readonly<Record<string, JsonField>>;
  return (name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field?.enum !== undefined) return 'choice';
    if (field?.type === 'integer') return 'whole';
    if (field?.type === 'boolean') return 'flag';
    return field?.type === 'string' ? 'decimal' : undefined;
  };
}
