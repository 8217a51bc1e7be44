/**
 * The decorators of contracts, for editors. The compiler reads them from the source; nothing of them runs.
 * docs/contracts.md shows each in use.
 */

/** The one contract of a module: its name (a-z, 0-9, -; at most 32) and its version, from 1. */
declare function contract(name: string, version: number): (target: Function) => void;

/** A value type: its fields, in order, are its codec form. May be used in parameters, results, storage and events. */
declare function struct(target: Function): void;

/** An event; its name is the class's. Pass an object of it to `emit`. */
declare function event(target: Function): void;

/** On an event class: the fields people search by, at most four. */
declare function indexed(...fields: string[]): (target: Function) => void;

/** A class of coded errors, each a field with `@error`. */
declare function errors(target: Function): void;

/** On a field `static readonly x: u32 = CODE;` of an `@errors` class: the rule's name and what it says. */
declare function error(name: string, text: string): (target: object, field: string) => void;

/** The method `init`: runs once, in the deployment. */
declare function init(target: object, method: string, descriptor: PropertyDescriptor): void;

/** A method that transactions call. */
declare function call(target: object, method: string, descriptor: PropertyDescriptor): void;

/** A method that only reads; a query may call it. It must return something. */
declare function view(target: object, method: string, descriptor: PropertyDescriptor): void;

/** On a method: the parameters that name the object the call is about. */
declare function object(
  ...parameters: string[]
): (target: object, method: string, descriptor: PropertyDescriptor) => void;
