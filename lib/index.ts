export * from './nutcracker';
