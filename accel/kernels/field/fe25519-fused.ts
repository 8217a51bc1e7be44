export * from "./fe25519-integer";
