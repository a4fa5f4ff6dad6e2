import { expect, it } from 'vitest';
import { AppError } from '../../platform/errors.js';
import { databaseProblem } from './database-problem.js';

it('is what the server said, without the statement', () => {
  const message = `(conn=5, no: 1064) You have an error\nsql: CREATE USER x IDENTIFIED BY 'secret'`;
  const error = Object.assign(new Error(message), { sqlMessage: 'You have an error' });
  expect(databaseProblem(error)).toBe('You have an error');
});

it('is the message of any other error', () => {
  expect(databaseProblem(new AppError('source', 'x', 'No server.'))).toBe('No server.');
  expect(databaseProblem(new Error('connect ECONNREFUSED'))).toBe('connect ECONNREFUSED');
  expect(databaseProblem('gone')).toBe('gone');
});
