/** The environment as a node's configuration reads it: CINNABAR_DATA is the command line's name for the folder. */
export function nodeEnvironment(): Record<string, string | undefined> {
  const { CINNABAR_DATA: _, ...environment } = process.env;
  return environment;
}
