/**
 * The parts of WebAssembly that a module may or may not use, by name. The profile is closed: what is not named in
 * PROFILE_FEATURES is refused, with the code `feature.<name>`.
 */
export const FEATURES = [
  "core",
  "signExtension",
  "bulkMemory",
  "float",
  "multiValue",
  "referenceTypes",
  "tableInstructions",
  "multipleTables",
  "passiveSegments",
  "startSection",
  "importedTable",
  "importedMemory",
  "importedGlobal",
  "exportedMutableGlobal",
  "simd",
  "relaxedSimd",
  "threads",
  "exceptions",
  "tailCalls",
  "memory64",
  "gc",
] as const;

export type Feature = (typeof FEATURES)[number];

/**
 * What a contract may use: integer-only WebAssembly 1.0, sign extension, mutable globals of its own, memory.copy and
 * memory.fill. Floats are out because the bits of a NaN differ between the tiers of one engine; reference types and
 * table instructions because engines keep failing there; a start section because it would run before gas is armed.
 */
export const PROFILE_FEATURES: ReadonlySet<Feature> = new Set<Feature>(["core", "signExtension", "bulkMemory"]);

/** What the instrumenter writes: its functions return the gas counter beside their result. */
export const INSTRUMENTED_FEATURES: ReadonlySet<Feature> = new Set<Feature>([...PROFILE_FEATURES, "multiValue"]);

/**
 * What the reader can check in full when the profile is lifted: WebAssembly 2.0. The others are refused by name even
 * then.
 */
export const MODELLED_FEATURES: ReadonlySet<Feature> = new Set<Feature>([
  ...PROFILE_FEATURES,
  "float",
  "multiValue",
  "referenceTypes",
  "tableInstructions",
  "multipleTables",
  "passiveSegments",
  "startSection",
  "importedTable",
  "importedMemory",
  "importedGlobal",
  "exportedMutableGlobal",
  "simd",
]);

/** Where a part of the reader says which feature it met; one outside the rules in force becomes a reason. */
export interface FeatureRules {
  useFeature(feature: Feature, offset: number, what: string): void;
}
