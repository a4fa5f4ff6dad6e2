import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { newRecoveryCodes, recoveryCodeId } from './recovery-codes.js';
import { RecoveryCode } from './recovery-code.entity.js';

/** The rows of recovery codes: only their hashes. */
@Injectable()
export class RecoveryCodesStore {
  private readonly codes: Repository<RecoveryCode>;

  constructor(private readonly dataSource: DataSource) {
    this.codes = dataSource.getRepository(RecoveryCode);
  }

  /** New codes in place of all that the user has; told here and never again. */
  async renew(userId: string): Promise<string[]> {
    const codes = newRecoveryCodes();
    const rows = codes.map((code) => ({ id: recoveryCodeId(userId, code), userId }));
    await this.dataSource.transaction(async (manager) => {
      await manager.delete(RecoveryCode, { userId });
      await manager.insert(RecoveryCode, rows);
    });
    return codes;
  }

  /** True for one caller only, however many come with the same code. */
  async use(userId: string, code: string): Promise<boolean> {
    const { affected } = await this.codes.delete({ id: recoveryCodeId(userId, code), userId });
    return affected === 1;
  }

  count(userId: string): Promise<number> {
    return this.codes.countBy({ userId });
  }

  async removeAll(userId: string): Promise<void> {
    await this.codes.delete({ userId });
  }
}
