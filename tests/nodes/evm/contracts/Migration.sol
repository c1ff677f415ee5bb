// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

/// A token that says what it is told to say.
contract Coin is ERC20 {
    uint8 private immutable places;

    constructor(string memory symbol, uint8 places_, uint256 supply) ERC20(symbol, symbol) {
        places = places_;
        _mint(msg.sender, supply);
    }

    function decimals() public view override returns (uint8) {
        return places;
    }
}

/// Ours: a conversion at a fixed rate by the rule of oceanprotocol/asi-token-migration-contracts, MigrateToken.sol.
contract Migrator {
    address public owner;
    address public oldToken;
    address public newToken;
    uint256 public conversionRatio;
    bool public isOldTokenBurnable;
    bool public isNewTokenMintable;
    address public burnAddress;

    event Cloned(address made);
    event Migrated(address indexed user, address old_token, address new_token, uint256 old_amount, uint256 new_amount);

    function clone() external {
        emit Cloned(Clones.clone(address(this)));
    }

    function initialize(address old, address fresh, uint256 ratio, address burn) external {
        (owner, oldToken, newToken, conversionRatio, burnAddress) = (msg.sender, old, fresh, ratio, burn);
    }

    function migrateTokens(uint256 amount) external {
        ERC20(oldToken).transferFrom(msg.sender, burnAddress, amount);
        uint256 got = amount * conversionRatio / 10 ** ERC20(oldToken).decimals();
        ERC20(newToken).transfer(msg.sender, got);
        emit Migrated(msg.sender, oldToken, newToken, amount, got);
    }
}

/// The same, out of which an administrator takes what it holds: another version that was published has that.
contract Recoverable is Migrator {
    bool public paused;

    function recoverTokens(uint256 amount) external {
        require(msg.sender == owner);
        ERC20(newToken).transfer(msg.sender, amount);
    }
}
