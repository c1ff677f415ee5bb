// Serves a Filecoin state of 20,000 miners as lotus does: its maps and actors are written by go-state-types and
// go-hamt-ipld, and it answers by go-jsonrpc. One tipset, no messages, no network. Arguments: where to listen.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/filecoin-project/go-address"
	"github.com/filecoin-project/go-jsonrpc"
	"github.com/filecoin-project/go-state-types/abi"
	"github.com/filecoin-project/go-state-types/big"
	"github.com/filecoin-project/go-state-types/builtin"
	"github.com/filecoin-project/go-state-types/builtin/v16/multisig"
	"github.com/filecoin-project/go-state-types/builtin/v16/power"
	"github.com/filecoin-project/go-state-types/builtin/v16/util/adt"
	"github.com/filecoin-project/go-state-types/builtin/v16/verifreg"
	block "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	cbor "github.com/ipfs/go-ipld-cbor"
	mh "github.com/multiformats/go-multihash"
)

const (
	height      = 5_000_000
	genesisTime = 1598306400
	genesis     = "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2"
	miners      = 20_000
	firstMiner  = 1_000
	withPower   = 32 // each so many miners has power
	tib         = 1 << 40
)

// Objects in memory, by their hashes.
type objects map[cid.Cid]block.Block

func (o objects) Get(_ context.Context, c cid.Cid) (block.Block, error) {
	if found, ok := o[c]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("blockstore get: ipld: could not find %s", c)
}

func (o objects) Put(_ context.Context, b block.Block) error {
	o[b.Cid()] = b
	return nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func actor(number uint64) address.Address {
	return must(address.NewIDAddress(number))
}

// What has no type of its own here, such as a block's header, as a list.
func (o objects) list(parts ...any) cid.Cid {
	node := must(cbor.WrapObject(parts, mh.BLAKE2B_MIN+31, -1))
	o[node.Cid()] = node
	return node.Cid()
}

type claim struct{ Raw, Qa int64 }

// The power of a miner: some are below the minimum of ten TiB.
func claimOf(place int64) claim {
	if place%withPower != 0 {
		return claim{}
	}
	raw := (place/withPower%40 + 1) * tib
	return claim{raw, raw * 2}
}

func (c claim) counts() bool { return c.Raw >= 10*tib }

type chain struct {
	store   objects
	tipset  tipset
	power   cid.Cid
	state   *power.State
	claims  map[string]claim
	program cid.Cid
}

type tipset struct {
	Cids   []cid.Cid
	Blocks []header
	Height int64
}

type header struct {
	Miner         string
	Height        int64
	Timestamp     int64
	Parents       []cid.Cid
	ElectionProof struct{ WinCount int64 }
}

func newChain() *chain {
	c := &chain{store: objects{}, claims: map[string]claim{}}
	c.program = c.store.list("a program")
	store := adt.WrapStore(context.Background(), cbor.NewCborStore(c.store))
	c.state = must(power.ConstructState(store))
	c.addClaims(store)
	c.power = must(store.Put(context.Background(), c.state))
	root := c.store.list(uint64(5), c.actors(store), c.store.list())
	parent := c.store.list("the tipset before")
	first := header{Miner: "f01000", Height: height, Timestamp: genesisTime + 30*height, Parents: []cid.Cid{parent}}
	first.ElectionProof.WinCount = 1
	none := []any{}
	name := c.store.list(
		actor(firstMiner).Bytes(), none, none, none, none, []cid.Cid{parent}, []byte{1}, int64(height), root,
		nil, nil, nil, first.Timestamp, nil, nil, nil,
	)
	c.tipset = tipset{[]cid.Cid{name}, []header{first}, height}
	return c
}

func (c *chain) addClaims(store adt.Store) {
	claims := must(adt.AsMap(store, c.state.Claims, builtin.DefaultHamtBitwidth))
	for place := int64(0); place < miners; place++ {
		one, id := claimOf(place), actor(uint64(firstMiner+place))
		c.claims["f"+id.String()[1:]] = one
		told := power.Claim{
			WindowPoStProofType: abi.RegisteredPoStProof_StackedDrgWindow32GiBV1_1,
			RawBytePower:        big.NewInt(one.Raw),
			QualityAdjPower:     big.NewInt(one.Qa),
		}
		if err := claims.Put(abi.AddrKey(id), &told); err != nil {
			panic(err)
		}
		c.add(one)
	}
	c.state.Claims = must(claims.Root())
}

func (c *chain) add(one claim) {
	s := c.state
	s.MinerCount++
	s.TotalBytesCommitted = big.Add(s.TotalBytesCommitted, big.NewInt(one.Raw))
	s.TotalQABytesCommitted = big.Add(s.TotalQABytesCommitted, big.NewInt(one.Qa))
	if one.counts() {
		s.MinerAboveMinPowerCount++
		s.TotalRawBytePower = big.Add(s.TotalRawBytePower, big.NewInt(one.Raw))
		s.TotalQualityAdjPower = big.Add(s.TotalQualityAdjPower, big.NewInt(one.Qa))
	}
}

// The map of actors: power, the registry of allocators with a thousand of them, and its root key, three of five.
func (c *chain) actors(store adt.Store) cid.Cid {
	ctx := context.Background()
	registry := must(verifreg.ConstructState(store, actor(80)))
	allocators := must(adt.AsMap(store, registry.Verifiers, builtin.DefaultHamtBitwidth))
	for place := int64(0); place < 1_000; place++ {
		left := big.NewInt(place * tib)
		if err := allocators.Put(abi.AddrKey(actor(uint64(50_000+place))), &left); err != nil {
			panic(err)
		}
	}
	registry.Verifiers = must(allocators.Root())
	signers := []address.Address{actor(101), actor(102), actor(103), actor(104), actor(105)}
	root := &multisig.State{
		Signers: signers, NumApprovalsThreshold: 3, InitialBalance: big.Zero(), PendingTxns: c.state.CronEventQueue,
	}
	tree := must(builtin.NewTree(store))
	heads := map[uint64]cid.Cid{4: c.power, 6: must(store.Put(ctx, registry)), 80: must(store.Put(ctx, root))}
	for place := uint64(0); place < 3_000; place++ {
		heads[firstMiner+place] = c.program
	}
	for number, head := range heads {
		told := &builtin.ActorV5{Code: c.program, Head: head, Balance: big.Zero()}
		if err := tree.SetActorV5(actor(number), told); err != nil {
			panic(err)
		}
	}
	return must(tree.Flush())
}

func (c *chain) at(key []cid.Cid) error {
	if len(key) == 0 || (len(key) == 1 && key[0] == c.tipset.Cids[0]) {
		return nil
	}
	return fmt.Errorf("loading tipset %v: tipset not found", key)
}

// The methods of the JSON-RPC, named as lotus names them.

func (c *chain) ChainGetGenesis(context.Context) (*tipset, error) {
	return &tipset{[]cid.Cid{must(cid.Decode(genesis))}, []header{}, 0}, nil
}

func (c *chain) ChainGetFinalizedTipSet(context.Context) (*tipset, error) { return &c.tipset, nil }

func (c *chain) ChainGetTipSetByHeight(_ context.Context, at int64, key []cid.Cid) (*tipset, error) {
	if at < height {
		return nil, errors.New("lookbacks of more than 24h0m0s are disallowed")
	}
	return &c.tipset, c.at(key)
}

func (c *chain) ChainReadObj(ctx context.Context, name cid.Cid) ([]byte, error) {
	found, err := c.store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return found.RawData(), nil
}

func (c *chain) StateNetworkVersion(_ context.Context, key []cid.Cid) (uint64, error) {
	return 27, c.at(key)
}

type found struct {
	Code, Head       cid.Cid
	Nonce            uint64
	Balance          string
	DelegatedAddress *address.Address
}

func (c *chain) StateGetActor(_ context.Context, who string, key []cid.Cid) (*found, error) {
	if who != "f04" {
		return nil, errors.New("actor not found")
	}
	return &found{Code: c.program, Head: c.power, Balance: "0"}, c.at(key)
}

type powers struct{ RawBytePower, QualityAdjPower big.Int }

type minerPower struct {
	MinerPower, TotalPower powers
	HasMinPower            bool
}

func (c *chain) StateMinerPower(_ context.Context, who string, key []cid.Cid) (*minerPower, error) {
	one := c.claims[who]
	return &minerPower{
		powers{big.NewInt(one.Raw), big.NewInt(one.Qa)},
		powers{c.state.TotalRawBytePower, c.state.TotalQualityAdjPower},
		one.counts(),
	}, c.at(key)
}

func (c *chain) StateMinerInfo(_ context.Context, who string, key []cid.Cid) (map[string]any, error) {
	if _, ok := c.claims[who]; !ok {
		return nil, errors.New("failed to load miner actor: actor not found")
	}
	return map[string]any{"Owner": "f0900" + who[len(who)-1:]}, c.at(key)
}

func (c *chain) F3GetLatestCertificate(context.Context) (json.RawMessage, error) {
	return nil, errors.New("f3 is disabled")
}

func main() {
	server := jsonrpc.NewServer()
	server.Register("Filecoin", newChain())
	http.Handle("/rpc/v1", server)
	panic(http.ListenAndServe(os.Args[1], nil))
}
