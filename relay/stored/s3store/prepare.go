package s3store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
)

// noLifecycle is S3's error code of a bucket without rules.
const noLifecycle = "NoSuchLifecycleConfiguration"

// day is what rules of a bucket count.
const day = 24 * time.Hour

// Prepare sees to it that the bucket has two rules, beside those that it has already:
// one deletes what is older than life and unfinished uploads, for when no relay does,
// and one lets the pages of browsers use signed URLs (CORS). Who may not set them
// gets an error that says what is missing.
func (b *Blobs) Prepare(ctx context.Context, life time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return errors.Join(b.prepareLifecycle(ctx, life), b.prepareCORS(ctx))
}

// ruleID returns the name of the rules of this store.
func (b *Blobs) ruleID() string {
	if b.prefix == "" {
		return "tallow"
	}
	return "tallow-" + strings.ReplaceAll(strings.TrimSuffix(b.prefix, "/"), "/", "-")
}

// prepareLifecycle adds the rule that deletes. Its days are at least one more than life,
// since S3 rounds to midnight.
func (b *Blobs) prepareLifecycle(ctx context.Context, life time.Duration) error {
	days := lifecycle.ExpirationDays((life+day-1)/day + 1)
	rule := lifecycle.Rule{
		ID: b.ruleID(), Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: b.prefix},
		Expiration:                     lifecycle.Expiration{Days: days},
		AbortIncompleteMultipartUpload: lifecycle.AbortIncompleteMultipartUpload{DaysAfterInitiation: days},
	}
	config, err := b.core.GetBucketLifecycle(ctx, b.bucket)
	if hasCode(err, noLifecycle) {
		config, err = lifecycle.NewConfiguration(), nil
	}
	if err == nil {
		i := slices.IndexFunc(config.Rules, func(r lifecycle.Rule) bool { return r.ID == rule.ID })
		if i >= 0 && config.Rules[i].Status == rule.Status && config.Rules[i].Expiration.Days == days &&
			config.Rules[i].AbortIncompleteMultipartUpload.DaysAfterInitiation == days {
			return nil
		}
		config.Rules = slices.DeleteFunc(config.Rules, func(r lifecycle.Rule) bool { return r.ID == rule.ID })
		config.Rules = append(config.Rules, rule)
		err = b.core.SetBucketLifecycle(ctx, b.bucket, config)
	}
	if err != nil {
		return fmt.Errorf("the bucket has no rule that deletes %s* and unfinished uploads after %d days: %w", b.prefix, days, told(err))
	}
	return nil
}

// prepareCORS adds the rule for browsers. Any page may use a URL that is signed: who has
// one has the right.
func (b *Blobs) prepareCORS(ctx context.Context) error {
	rule := cors.Rule{
		ID: "tallow", AllowedOrigin: []string{"*"}, AllowedMethod: []string{"GET", "PUT"}, AllowedHeader: []string{"*"},
		ExposeHeader: []string{"Content-Range"}, MaxAgeSeconds: 3600,
	}
	config, err := b.core.GetBucketCors(ctx, b.bucket)
	if err == nil {
		if config == nil {
			config = cors.NewConfig(nil)
		}
		if slices.ContainsFunc(config.CORSRules, func(r cors.Rule) bool { return reflect.DeepEqual(r, rule) }) {
			return nil
		}
		config.CORSRules = slices.DeleteFunc(config.CORSRules, func(r cors.Rule) bool { return r.ID == rule.ID })
		config.CORSRules = append(config.CORSRules, rule)
		err = b.core.SetBucketCors(ctx, b.bucket, config)
	}
	if err != nil {
		return fmt.Errorf("the bucket has no CORS rule for GET and PUT from any origin: %w", told(err))
	}
	return nil
}
