export function PersonPage({ id }: { id: string }) { return <p>{id}</p>; }
