import type { Finding } from "./findings.ts";
export async function hostFindings(): Promise<Finding[]> {
  return [];
}
