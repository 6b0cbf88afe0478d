/**
 * The questions of the exercise, in its own words and order, each with the topic that answers it. Tests walk the list;
 * topics may say more than they were asked.
 */
export const exercise: readonly { readonly question: string; readonly topic: string }[] = [
  { question: 'Demonstrate the running system', topic: 'system' },
  {
    question: 'Demonstrate the steps you took to get it running there, for example by rolling out a change',
    topic: 'steps',
  },
  {
    question: 'Discuss the decisions you made, the tradeoffs you accepted and the challenges you faced',
    topic: 'tradeoffs',
  },
  { question: 'How are images produced?', topic: 'images' },
  { question: 'Dockerfile (what is in it, why)?', topic: 'images' },
  { question: 'Buildpacks (which, why)?', topic: 'images' },
  { question: 'Which registry, and why?', topic: 'registry' },
  { question: 'How is an image tagged?', topic: 'tags' },
  { question: 'Which cloud, and why?', topic: 'cluster' },
  { question: 'What behaviour does the cluster have out of the box?', topic: 'out-of-the-box' },
  { question: 'What was added to the cluster, and why?', topic: 'additions' },
  { question: 'How is the cluster accessed?', topic: 'cluster-access' },
  { question: 'How are manifests applied?', topic: 'manifests' },
  { question: 'How are the components configured?', topic: 'configuration' },
  { question: 'How are services deployed?', topic: 'services' },
  { question: 'How does connection information reach the components?', topic: 'binding' },
  { question: 'How are credentials managed?', topic: 'credentials' },
  { question: "How is the database's storage managed?", topic: 'storage' },
  { question: 'How is the system reached?', topic: 'route' },
  { question: 'What did that require?', topic: 'route' },
  {
    question: 'How do you know that what you deployed is what you intended to deploy?',
    topic: 'integrity',
  },
  { question: "How do you know it's not vulnerable to exploitation?", topic: 'vulnerabilities' },
  { question: 'How well is the system operating?', topic: 'health' },
  { question: 'How will you know if it degrades, or breaks entirely?', topic: 'alerts' },
  { question: 'How will you roll out updates?', topic: 'updates' },
  { question: "How will you ensure certificates don't expire?", topic: 'certificates' },
  { question: "How are you using the cloud's resources to minimise cost?", topic: 'cost' },
  { question: 'What would it look like for 100 teams', topic: 'teams' },
];
