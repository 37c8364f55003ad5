declare const brand: unique symbol;
/** A base type that cannot stand where another of the same base should; made only by its own constructor. */
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };
