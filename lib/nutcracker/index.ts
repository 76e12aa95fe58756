export * from './algorithms';
export * from './nutcracker-pool';
export * from './nutcracker-server';
