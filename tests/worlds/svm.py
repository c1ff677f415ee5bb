"""Solana's own virtual machine (LiteSVM) with the real token programs, behind a small JSON-RPC face on loopback.

Accounts and what the programs do with them are real; the face is home-made (tests/worlds/solana_server.py).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, create_account
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

from ingest.solana.accounts import LOADER, MINT_SIZE, MULTISIG_SIZE, TOKEN, Account
from tests.worlds.solana_server import NOW, SLOT, Cluster, number

ACCOUNT_SIZE: Final = 165
# SetAuthority of the token program: what is set.
MINTS, FREEZES, OWNS = 0, 1, 2


class Machine:
    """A machine on which some keys make tokens; each transaction is paid by the first."""

    def __init__(self, keys: int = 8) -> None:
        self.svm = LiteSVM()
        self.svm.warp_to_slot(SLOT)
        self.keys = [Keypair.from_seed(bytes([number + 1]) * 32) for number in range(keys)]
        self.svm.airdrop(self.keys[0].pubkey(), 10**12)
        self.made = 0

    def address(self, place: int) -> str:
        return str(self.keys[place].pubkey())

    def account(self, address: str) -> Account | None:
        """What the machine keeps at an address."""
        found = self.svm.get_account(Pubkey.from_string(address))
        return Account(str(found.owner), bytes(found.data), len(found.data)) if found else None

    def cluster(self, time: datetime = NOW) -> Cluster:
        """The face in front of it."""
        return Cluster(self.account, time=time)

    def send(self, instructions: Sequence[Instruction], *signers: Keypair) -> None:
        """Carry out what must succeed."""
        payer = self.keys[0]
        message = Message(list(instructions), payer.pubkey())
        blockhash = self.svm.latest_blockhash()
        all_of_them = [payer, *(one for one in dict.fromkeys(signers) if one != payer)]
        done = self.svm.send_transaction(Transaction(all_of_them, message, blockhash))
        assert not isinstance(done, FailedTransactionMetadata), (done.err(), done.meta().logs())
        # The same transaction again would be taken for this one.
        self.svm.expire_blockhash()

    def create(self, size: int, data: bytes, *others: AccountMeta, owner: str = TOKEN, first: bytes = b"") -> str:
        """A new account of a program, begun by an instruction of that; first: one that goes before it."""
        new = Keypair.from_seed(bytes([200]) + number(self.made, 8) + bytes(23))
        self.made += 1
        rent = self.svm.minimum_balance_for_rent_exemption(size)
        program = Pubkey.from_string(owner)
        made = create_account(
            CreateAccountParams(
                from_pubkey=self.keys[0].pubkey(), to_pubkey=new.pubkey(), lamports=rent, space=size, owner=program
            )
        )
        begun = [Instruction(program, code, [meta(new.pubkey())]) for code in ([first] if first else [])]
        begun.append(Instruction(program, data, [meta(new.pubkey()), *others]))
        self.send([made, *begun], new)
        return str(new.pubkey())

    def mint(
        self,
        minter: str,
        freezer: str = "",
        decimals: int = 8,
        *,
        owner: str = TOKEN,
        extra: bytes = b"",
        size: int = MINT_SIZE,
    ) -> str:
        """A new token (InitializeMint2); extra: an extension that must be begun before."""
        data = bytes([20, decimals]) + bytes(Pubkey.from_string(minter)) + bytes([bool(freezer)])
        data += bytes(Pubkey.from_string(freezer)) if freezer else b""
        return self.create(size, data, owner=owner, first=extra)

    def multisig(self, needed: int, signers: Sequence[str]) -> str:
        """A new multisig of the token program (InitializeMultisig2)."""
        return self.create(
            MULTISIG_SIZE, bytes([19, needed]), *(meta(Pubkey.from_string(one), write=False) for one in signers)
        )

    def wallet(self, minted: str, owner: str) -> str:
        """A new account for a token (InitializeAccount3)."""
        data = bytes([18]) + bytes(Pubkey.from_string(owner))
        return self.create(ACCOUNT_SIZE, data, meta(Pubkey.from_string(minted), write=False))

    def mint_to(self, minted: str, wallet: str, amount: int, minter: str, *signers: Keypair) -> None:
        self._token(bytes([7]) + number(amount, 8), [minted, wallet], minter, signers)

    def burn(self, wallet: str, minted: str, amount: int, *signers: Keypair) -> None:
        self._token(bytes([8]) + number(amount, 8), [wallet, minted], str(signers[0].pubkey()), signers)

    def freeze(self, wallet: str, minted: str, *signers: Keypair) -> None:
        self._token(bytes([10]), [wallet, minted], str(signers[0].pubkey()), signers)

    def set_authority(self, of: str, what: int, new: str, by: str, *signers: Keypair) -> None:
        """Give an authority to somebody, or to nobody for ever."""
        data = bytes([6, what, bool(new)]) + (bytes(Pubkey.from_string(new)) if new else b"")
        self._token(data, [of], by, signers)

    def _token(self, data: bytes, accounts: Sequence[str], authority: str, signers: Sequence[Keypair]) -> None:
        """An instruction that one key, or the signers of a multisig, allow."""
        metas = [meta(Pubkey.from_string(one)) for one in accounts]
        alone = [str(one.pubkey()) for one in signers] == [authority]
        metas.append(AccountMeta(Pubkey.from_string(authority), alone, False))
        metas += [] if alone else [AccountMeta(one.pubkey(), True, False) for one in signers]
        self.send([Instruction(Pubkey.from_string(TOKEN), data, metas)], *signers)

    def give_program(self, code_at: str, new: str, by: Keypair) -> None:
        """Let somebody else, or nobody, replace a program from now on (SetAuthority of the upgradeable loader)."""
        metas = [meta(Pubkey.from_string(code_at)), AccountMeta(by.pubkey(), True, False)]
        metas += [meta(Pubkey.from_string(new), write=False)] if new else []
        self.send([Instruction(Pubkey.from_string(LOADER), number(4, 4), metas)], by)


def meta(key: Pubkey, *, write: bool = True) -> AccountMeta:
    return AccountMeta(key, False, write)
