/** The size of a node at zoom 1, in the grid of 4. */
export const nodeSize = { width: 220, height: 64 } as const;
