import { App } from 'cdk8s';
import { SessionsChart } from './sessions-chart';

const app = new App();
new SessionsChart(app, 'sessions');
app.synth();
