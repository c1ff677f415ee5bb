// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";

/// OpenZeppelin's ERC-20 with an enumerable minter role, and a way to move tokens between many parties in one transaction.
contract Token is ERC20, AccessControlEnumerable {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    constructor(address minter) ERC20("Test", "TEST") {
        _grantRole(DEFAULT_ADMIN_ROLE, minter);
        _grantRole(MINTER_ROLE, minter);
    }

    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        _mint(to, amount);
    }

    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    /// Party number i of the crowd; not a precompile, nobody's account.
    function party(uint256 i) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("party", i)))));
    }

    function endow(uint256 first, uint256 count, uint256 amount) external {
        for (uint256 i = first; i < first + count; i++) {
            _mint(party(i), amount + i);
        }
    }

    /// `count` transfers between pseudo-random parties; every seventh moves all that a party has.
    function churn(uint256 seed, uint256 count, uint256 parties) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            address from = party(dice % parties);
            uint256 held = balanceOf(from);
            uint256 amount = dice % 7 == 0 ? held : held == 0 ? 0 : (dice >> 64) % held;
            _transfer(from, party((dice >> 128) % parties), amount);
        }
    }
}
