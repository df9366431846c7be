// The things behind ids. Why: an id of something else, or of nothing any more, is no answer, and keeps its place.

/** The nodes in the order of their ids; null where it is not what was asked for. */
export function nodesOf<Node extends { id: string }>(
  nodes: readonly (Node | Record<PropertyKey, never> | null)[],
): (Node | null)[] {
  return nodes.map((node) => (node && 'id' in node ? (node as Node) : null));
}
