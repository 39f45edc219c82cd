// One load of autocannon: `node autocannon.js FOLDER LOAD`, the folder of its package and JSON.
'use strict'

const [folder, text] = process.argv.slice(2)
const autocannon = require(folder)
const load = JSON.parse(text)

const KNOWN_AS_JSON = { 'content-type': 'application/json' }
const KNOWN_AS_FORM = { 'content-type': 'application/x-www-form-urlencoded' }
let number = 0
const nextUser = () => `user-${1 + number++ % load.rows}`
const keep = name => (status, body, context) => { context[name] = JSON.parse(body).id }
const known = (request, context) =>
  context.token ? { ...request.headers, authorization: `Bearer ${context.token}` } : request.headers

function job (user) {
  const args = { model: 'test-model', data: load.data, user }
  return JSON.stringify({ job_name: `load-test-job-${number}`, args, priority: 1 })
}

const login = {
  method: 'POST',
  path: '/login',
  headers: KNOWN_AS_FORM,
  setupRequest: (request, context) => {
    context.user = nextUser()
    return { ...request, body: `user=${context.user}` }
  },
  onResponse: keep('token')
}
const submit = {
  method: 'POST',
  path: load.path,
  headers: KNOWN_AS_JSON,
  setupRequest: (request, context) =>
    ({ ...request, headers: known(request, context), body: job(context.user || nextUser()) }),
  onResponse: keep('job')
}
const get = end => ({
  method: 'GET',
  setupRequest: (request, context) => ({
    ...request, headers: known(request, context), path: `${load.path}/${context.job}${end}`
  })
})
const FLOWS = {
  0: [{ method: 'POST', path: load.path, headers: KNOWN_AS_JSON, body: load.body }],
  1: [submit],
  4: [login, submit, get(''), get('/result')]
}

autocannon({
  url: load.url,
  connections: load.users,
  duration: load.seconds,
  requests: FLOWS[load.steps]
}, (error, result) => {
  if (error) throw error
  console.log(JSON.stringify({
    requests: result.requests.total,
    failed: result.non2xx + result.errors,
    seconds: result.duration
  }))
})
